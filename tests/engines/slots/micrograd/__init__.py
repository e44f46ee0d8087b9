"""An engine with slots."""
