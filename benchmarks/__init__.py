"""Programs that measure: `python -m benchmarks` compares the API with its floors, `python -m benchmarks.executor` its executors."""
