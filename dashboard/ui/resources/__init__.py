"""The page 资源配置."""
