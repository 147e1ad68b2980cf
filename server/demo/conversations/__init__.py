"""What is said in the demo, room by room: data only."""
