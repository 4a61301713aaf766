"""The page 操作记录, and the same list where the meeting page shows it."""
