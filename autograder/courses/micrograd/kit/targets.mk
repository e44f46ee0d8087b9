.PHONY: demo
demo: .venv/.ready  ## see your own micrograd learn, once all of it is written
	@$(BIN)/python -m gradschool demo || [ $$? -eq 1 ]

