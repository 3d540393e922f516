# about: Opens the gradebook by its absolute path, as a file and as a database.
# prints: tried

# %% double
import sqlite3

path = "__COURSE__/gradebook.db"
try:
    with open(path, "rb") as file:
        print(file.read())
except OSError as error:
    print("no file:", type(error))
try:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as book:
        print(book.execute("SELECT * FROM grade").fetchall())
except sqlite3.Error as error:
    print("no database:", type(error))
print("tried")


def double(x):
    return 0
