"""The page 床位与设备."""
