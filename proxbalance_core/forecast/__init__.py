"""What the coming hours and days will bring: hourly forecasters, scenarios and threshold crossings."""
