# kind: wrong
# about: the chart shows shares under a label that says percent
# loses: [time_split]

# %% task="time_split.chart"
def plot_split(train, test):
    """Return a figure with the daily late rate (%) of both tables."""
    fig, ax = plt.subplots()
    for name, table in (("train", train), ("test", test)):
        rate = (table["arr_delay"] > 15).groupby(table["sched_dep"].dt.floor("D")).mean()
        ax.plot(rate.index, rate, label=name)
    ax.set(xlabel="date (UTC)", ylabel="late flights (%)")
    ax.legend()
    return fig
