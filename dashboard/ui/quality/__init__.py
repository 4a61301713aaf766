"""The page 费用与质量."""
