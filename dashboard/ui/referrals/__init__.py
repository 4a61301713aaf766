"""The page 转诊流向."""
