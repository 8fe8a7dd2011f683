"""What measurements find, a file for each: plain values that cross to the window, without torch or scipy."""
