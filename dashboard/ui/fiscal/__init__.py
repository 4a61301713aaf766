"""财政补偿推演 on screen."""
