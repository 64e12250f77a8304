"""The last stage: one page, in a single file, that shows a model and how it came to be."""

from codekiln.pipeline.report.stage import STAGE, ReportConfig, build

__all__ = ["STAGE", "ReportConfig", "build"]
