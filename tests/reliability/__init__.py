"""The engine under a model: a state machine over the deletion flow, and deliberate bugs that it must find."""
