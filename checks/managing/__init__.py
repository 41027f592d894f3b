"""The rooms behind `checks.managers`: what marks a manager leaves, and who leaves them."""
