"""Lectures given from the program itself: tours, large type, a second screen, recording."""
