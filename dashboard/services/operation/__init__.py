"""What an operator asks of the product: backups, a doctor's look at the machine, whether it is ready to serve."""
