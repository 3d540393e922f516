# kind: wrong
# about: the first ten columns, in the order given
# loses: [interpret]

# %% task="interpret.chart"
def plot_importance(importances):
    """Return a figure with horizontal bars of the ten largest importances."""
    top = importances.head(10).iloc[::-1]
    fig, ax = plt.subplots()
    ax.barh(top.index, top)
    ax.set_xlabel("rise of the Brier score when shuffled")
    return fig
