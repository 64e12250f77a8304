#!/bin/sh
# Builds, tests and packages the extension as its lock file has it; only `npm ci` asks the registry.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
npm test
npm run package
test -s codekiln.vsix
