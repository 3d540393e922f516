# kind: wrong
# about: the most important column is at the bottom
# loses: [interpret]

# %% task="interpret.chart"
def plot_importance(importances):
    """Return a figure with horizontal bars of the ten largest importances."""
    top = importances.nlargest(10)
    fig, ax = plt.subplots()
    ax.barh(top.index, top)
    ax.set_xlabel("rise of the Brier score when shuffled")
    return fig
