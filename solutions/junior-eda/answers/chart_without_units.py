# kind: wrong
# about: the percent axis has no unit, so nobody knows what 37 means
# loses: [questions]

# %% task="questions.late_chart"
def late_chart(flights):
    """Return a figure of late rates in percent, one bar for each of the busiest carriers."""
    counted = flights.dropna(subset="arr_delay")
    late = (counted["arr_delay"] > 15).groupby(counted["carrier"])
    carriers = late.agg(["size", "mean"]).reset_index()
    busy = carriers.sort_values(["size", "carrier"], ascending=[False, True]).head(8)
    busy = busy.sort_values(["mean", "carrier"], ascending=[False, True])
    fig, ax = plt.subplots()
    ax.bar(busy["carrier"], 100 * busy["mean"])
    ax.set(title="Late flights by carrier", xlabel="carrier", ylabel="late flights")
    return fig
