"""运行监测: the rules of the month replayed from their history, what of it is chance, and the actions that follow."""
