# kind: wrong
# about: the axis does not say what is drawn
# loses: [interpret]

# %% task="interpret.chart"
def plot_importance(importances):
    """Return a figure with horizontal bars of the ten largest importances."""
    top = importances.nlargest(10).iloc[::-1]
    fig, ax = plt.subplots()
    ax.barh(top.index, top)
    return fig
