"""改革效果: one question, one picture, and what could be seen at all."""
