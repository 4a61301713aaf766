"""改革效果: interrupted series, differences in differences, and the questions that were written down before looking."""
