# kind: wrong
# about: shows bins that hold too few flights to say anything
# loses: [evaluate]

# %% task="evaluate.chart"
def plot_calibration(forecast, late):
    """Return a figure: late share over mean forecast in ten bins, in percent."""
    place = np.minimum((10 * forecast).astype(int), 9)
    table = pd.DataFrame({"forecast": forecast, "late": late}).groupby(place)
    points = 100 * table.mean()
    fig, ax = plt.subplots()
    ax.plot([0, 100], [0, 100], "--", label="perfect")
    ax.plot(points["forecast"], points["late"], "o-", label="model")
    ax.set(xlabel="mean forecast (%)", ylabel="flights that were late (%)")
    ax.legend()
    return fig
