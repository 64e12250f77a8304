"""Where a user's things lie on each system: editors' configuration, and our own cache and state."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The folders of one user. `system` is as `sys.platform` has it."""

    home: Path = field(default_factory=Path.home)
    system: str = sys.platform
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def cache(self) -> Path:
        """Ours, for what can be built again."""
        if self.system == "win32":
            return self._windows("LOCALAPPDATA", "AppData/Local") / "codekiln" / "cache"
        mac = "Library/Caches" if self.system == "darwin" else ".cache"
        return self._xdg("XDG_CACHE_HOME", mac) / "codekiln"

    @property
    def state(self) -> Path:
        """Ours, for what is to be remembered."""
        if self.system == "win32":
            return self._windows("LOCALAPPDATA", "AppData/Local") / "codekiln" / "state"
        mac = "Library/Application Support" if self.system == "darwin" else ".local/state"
        return self._xdg("XDG_STATE_HOME", mac) / "codekiln"

    @property
    def vscode(self) -> Path:
        """Of Visual Studio Code, the settings."""
        return self._roaming("Library/Application Support") / "Code" / "User" / "settings.json"

    @property
    def neovim(self) -> Path:
        """Of Neovim, the configuration's folder."""
        if self.system == "win32":
            return self._windows("LOCALAPPDATA", "AppData/Local") / "nvim"
        return self._xdg("XDG_CONFIG_HOME", ".config") / "nvim"

    @property
    def vim(self) -> Path:
        """Of Vim, the folder of its runtime files."""
        return self.home / ("vimfiles" if self.system == "win32" else ".vim")

    @property
    def helix(self) -> Path:
        """Of Helix, the languages."""
        if self.system == "win32":
            return self._windows("APPDATA", "AppData/Roaming") / "helix" / "languages.toml"
        return self._xdg("XDG_CONFIG_HOME", ".config") / "helix" / "languages.toml"

    @property
    def emacs(self) -> Path:
        """Of Emacs, the user's file: of those that are there the one that it reads."""
        home = self.home
        if self.system == "win32":
            named = self.environment.get("HOME")
            home = Path(named) if named else self._windows("APPDATA", "AppData/Roaming")
        for name in (".emacs.el", ".emacs"):
            if (home / name).exists():
                return home / name
        old, new = home / ".emacs.d", self._xdg("XDG_CONFIG_HOME", ".config") / "emacs"
        return (new if new.is_dir() and not old.is_dir() else old) / "init.el"

    @property
    def zed(self) -> Path:
        """Of Zed, the settings."""
        name = "Zed" if self.system == "win32" else "zed"
        return self._roaming(".config") / name / "settings.json"

    @property
    def continue_(self) -> Path:
        """Of Continue, the configuration."""
        return self.home / ".continue" / "config.yaml"

    def _roaming(self, mac: str) -> Path:
        """Where editors keep settings."""
        if self.system == "win32":
            return self._windows("APPDATA", "AppData/Roaming")
        if self.system == "darwin":
            return self.home / mac
        return self._xdg("XDG_CONFIG_HOME", ".config")

    def _xdg(self, variable: str, otherwise: str) -> Path:
        named = self.environment.get(variable, "")
        # The specification has relative paths ignored (XDG Base Directory, "Basics").
        return Path(named) if Path(named).is_absolute() else self.home / otherwise

    def _windows(self, variable: str, otherwise: str) -> Path:
        return Path(self.environment.get(variable) or self.home / otherwise)
