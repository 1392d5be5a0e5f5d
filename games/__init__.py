"""Games, one file each: found by name, never registered."""
