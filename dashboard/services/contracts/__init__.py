"""签约与公卫: contracts and their pace, chronic care, the eight ways of sinking resources, and figures to check."""
