"""Samples to windows, trends and hourly arrays; a snapshot to the arrays that scoring works on."""
