"""The page 绩效评价."""
