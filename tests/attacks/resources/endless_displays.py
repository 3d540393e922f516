# about: Displays tables, pictures and texts of a megabyte, five hundred times.
# limits: {output_kb: 64, cell_seconds: 10}
# slow: true

# %% double
import base64

from IPython.display import HTML, Image, display

picture = b"\x89PNG\r\n\x1a\n" + bytes(500_000)
for number in range(250):
    display(HTML("<table><tr>" + "<td>x</td>" * 100_000 + "</tr></table>"))
    display(Image(picture))
display({"text/plain": "x" * 1_000_000, "application/json": base64.b64encode(picture)}, raw=True)


def double(x):
    return 0
