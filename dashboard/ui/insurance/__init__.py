"""The page 医保总额推演."""
