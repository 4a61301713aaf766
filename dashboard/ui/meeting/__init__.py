"""The page 会议 and the presentation of an agenda."""
