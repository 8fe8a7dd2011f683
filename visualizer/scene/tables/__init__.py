"""Tables in the files of others: which columns of numbers there are, and how they were read.

`text.py` reads text of any dialect, `binary.py` NumPy arrays and Parquet; `duck.py` is what both ask DuckDB with. Both
run in the process that parses (`visualizer/apart`); the program asks by `scene/columns.py`. Refusals are ValueErrors in
our words.
"""
