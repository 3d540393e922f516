# kind: wrong
# about: the chart has a bar for every carrier, far more than eight
# loses: [questions]

# %% task="questions.late_chart"
def late_chart(flights):
    """Return a figure of late rates in percent, one bar for each of the busiest carriers."""
    counted = flights.dropna(subset="arr_delay")
    late = (counted["arr_delay"] > 15).groupby(counted["carrier"])
    carriers = late.agg(["size", "mean"]).reset_index()
    busy = carriers.sort_values(["size", "carrier"], ascending=[False, True])
    busy = busy.sort_values(["mean", "carrier"], ascending=[False, True])
    fig, ax = plt.subplots()
    ax.bar(busy["carrier"], 100 * busy["mean"])
    ax.set(title="Late flights by carrier", xlabel="carrier", ylabel="late flights (%)")
    return fig
