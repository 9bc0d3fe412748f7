"""The pages of plans, runs and edits. Nothing here changes anything on GET."""
