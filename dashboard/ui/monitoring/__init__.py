"""运行监测: alerts of the month, their states over a year, outliers by two questions, and actions."""
