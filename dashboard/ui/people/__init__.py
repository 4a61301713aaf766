"""The page 用户与权限."""
