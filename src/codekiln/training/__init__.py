"""Steps 4 and 5, learning: objective, optimiser, schedule, calibration, the loop and its exact resume."""

from codekiln.training.config import EncoderConfig, ModelStageConfig
from codekiln.training.tuning_config import TuningConfig

__all__ = ["EncoderConfig", "ModelStageConfig", "TuningConfig"]
