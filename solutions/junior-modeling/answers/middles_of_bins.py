# kind: wrong
# about: x is the middle of the bin, not the mean forecast
# loses: [evaluate]

# %% task="evaluate.chart"
def plot_calibration(forecast, late):
    """Return a figure: late share over mean forecast in ten bins, in percent."""
    place = np.minimum((10 * forecast).astype(int), 9)
    table = pd.DataFrame({"forecast": forecast, "late": late}).groupby(place)
    points = 100 * table.mean()[table.size() >= 20]
    fig, ax = plt.subplots()
    ax.plot([0, 100], [0, 100], "--", label="perfect")
    ax.plot(points.index * 10 + 5, points["late"], "o-", label="model")
    ax.set(xlabel="mean forecast (%)", ylabel="flights that were late (%)")
    ax.legend()
    return fig
