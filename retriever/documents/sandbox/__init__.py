"""What a process loses before it reads what strangers sent."""
