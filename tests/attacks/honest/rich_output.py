# about: Displays tables, LaTeX, Markdown, HTML, JSON, progress bars and updates.

# %% before
import pandas as pd
from IPython.display import JSON, HTML, Audio, Latex, Markdown, ProgressBar, display

frame = pd.DataFrame({"이름": ["가", "나"], "값": [1.5, None]})
display(frame, frame.style.background_gradient() if False else frame.describe())
display(HTML("<b>bold</b>"), Markdown("**bold**"), Latex(r"$\frac{1}{2}$"), JSON({"a": 1}))
for _ in ProgressBar(5):
    pass
handle = display("first", display_id=True)
handle.update("second")

# %% double
def double(x):
    display(Markdown(f"called with a `{type(x).__name__}`"))
    return 2 * x


double
