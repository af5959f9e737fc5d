"""What returns by the hour of the week or by the month, so that a night or a winter is no drift."""
