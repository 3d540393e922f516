# kind: wrong
# about: draws all columns, however many
# loses: [interpret]

# %% task="interpret.chart"
def plot_importance(importances):
    """Return a figure with horizontal bars of the ten largest importances."""
    top = importances.sort_values(ascending=False).iloc[::-1]
    fig, ax = plt.subplots()
    ax.barh(top.index, top)
    ax.set_xlabel("rise of the Brier score when shuffled")
    return fig
