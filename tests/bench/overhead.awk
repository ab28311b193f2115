# SPDX-License-Identifier: GPL-2.0-only
#
# Results of overhead.sh, in the order of time: round, tracer, other programs, loop,
# operations, calm batches, best, quartiles. Prints the table of costs, or with -v figures=1
# (and full=1 in the full tier) the costs beside what is required of them. order and
# loop_order: what to print.

# The p-th quantile of values[key, 1..count[key]], which it sorts.
function quantile(values, count, key, p,    n, i, j, v, at)
{
	n = count[key]
	for (i = 2; i <= n; i++) {
		v = values[key, i]
		for (j = i - 1; j > 0 && values[key, j] > v; j--)
			values[key, j + 1] = values[key, j]
		values[key, j + 1] = v
	}
	at = 1 + (n - 1) * p
	i = int(at)
	if (i >= n)
		return values[key, n]
	return values[key, i] + (at - i) * (values[key, i + 1] - values[key, i])
}

function add(values, count, key, v)
{
	values[key, ++count[key]] = v
}

# A run with a tracer is over once the one without behind it is known. Both of those around
# it must have been like each other, or something else has changed meanwhile.
function settle(loop, after,    tracer, old, base)
{
	tracer = pending[loop]
	old = before[loop]
	base = (old + after) / 2
	if (old && after && with[loop] && old <= after * 1.1 && after <= old * 1.1) {
		add(cost, costs, tracer SUBSEP loop, with[loop] - base)
		add(ratio, ratios, tracer SUBSEP loop, base / with[loop])
	}
	delete pending[loop]
}

# A run without a calm batch counts for nothing.
{
	tracer = $2
	loop = $4
	time = $6 ? $8 : 0
	runs[tracer, loop]++
	if (time)
		add(quartile, quartiles, tracer SUBSEP loop, time)
	if (tracer == "none") {
		if (loop in pending)
			settle(loop, time)
		before[loop] = time
	} else {
		pending[loop] = tracer
		with[loop] = time
	}
}

# The calmest run with the tracer against the calmest without, whichever rounds they are from.
function least(tracer, loop,    without)
{
	without = quantile(quartile, quartiles, "none" SUBSEP loop, 0)
	return quantile(quartile, quartiles, tracer SUBSEP loop, 0) - without
}

function print_row(tracer, loop,    key)
{
	key = tracer SUBSEP loop
	if (!(key in runs))
		return
	printf "%-16s", tracer
	if (key in quartiles)
		printf "%9.0f %18s", quantile(quartile, quartiles, key, .5),
		       sprintf("%.0f to %.0f", quantile(quartile, quartiles, key, .25),
			       quantile(quartile, quartiles, key, .75))
	else
		printf "%28s", "never calm"
	if (tracer != "none" && key in quartiles && ("none", loop) in quartiles)
		printf "%+9.0f", least(tracer, loop)
	else
		printf "%9s", tracer == "none" ? "" : "-"
	if (key in costs)
		printf "%+9.0f %18s%8.3f  %.3f to %.3f", quantile(cost, costs, key, .5),
		       sprintf("%+.0f to %+.0f", quantile(cost, costs, key, .25),
			       quantile(cost, costs, key, .75)), quantile(ratio, ratios, key, .5),
		       quantile(ratio, ratios, key, 0), quantile(ratio, ratios, key, 1)
	else if (tracer != "none")
		printf "%9s", "-"
	if (tracer != "none")
		printf "  %d/%d", costs[key], runs[key]
	printf "\n"
}

function print_table(    tracers, loops, n, m, i, j)
{
	n = split(order, tracers, " ")
	m = split(loop_order, loops, " ")
	for (i = 1; i <= m; i++) {
		printf "\n%-16s%9s %18s%9s%9s %18s%8s  %s\n", loops[i], "ns", "quartiles", "least", "cost",
		       "quartiles", "ratio", "min to max, rounds used"
		for (j = 1; j <= n; j++)
			print_row(tracers[j], loops[i])
	}
}

function judge(text, low, values, counts, key, required, aim)
{
	printf "%-44s%6s%8s%9.0f", text, (required ? required : ""), (aim ? aim : ""), low
	if (key in counts)
		printf "%9.0f %18s", quantile(values, counts, key, .5),
		       sprintf("%.0f to %.0f", quantile(values, counts, key, .25),
			       quantile(values, counts, key, .75))
	else
		printf "%9s %18s", "-", "no calm round"
	printf "  %s\n", (!required ? "" : low > required ? "MISSED" : aim && low > aim ? "kept, aim missed" : "kept")
}

# What is asked of a cost: at most `required`; `aim` is what one would like.
function figure(text, tracer, loop, required, aim)
{
	if ((tracer, loop) in quartiles)
		judge(text, least(tracer, loop), cost, costs, tracer SUBSEP loop, required, aim)
}

# A loop less its system calls, which cost what getppid's costs.
function switch_figure(text, tracer, loop, calls, required,    key, call, n, i)
{
	key = tracer SUBSEP loop
	call = tracer SUBSEP "getppid"
	if (!(key in quartiles) || !(call in quartiles))
		return
	n = call in costs ? costs[key] : 0
	for (i = 1; i <= n; i++)
		add(alone, alones, key, cost[key, i] - calls * quantile(cost, costs, call, .5))
	judge(text, least(tracer, loop) - calls * least(tracer, "getppid"), alone, alones, key,
	      required, 0)
}

function print_figures(    call)
{
	call = full ? 30 : 150
	printf "\n%-44s%6s%8s%9s %24s\n", "ns that an operation costs more", "limit", "aim",
	       "measured", "median (quartiles)"
	figure("miss, stage", "stage", "miss", 2000, 1200)
	figure("miss, layer", "layer", "miss", 600, 400)
	figure("untraced system call (getppid), stage", "stage", "getppid", call, 0)
	figure("untraced system call (getppid), layer", "layer", "getppid", call, 0)
	figure("pread that the filter leaves out, stage", "stage-other", "hit", call, 0)
	figure("pread that the filter leaves out, layer", "layer-other", "hit", call, 0)
	switch_figure("context switch, stage", "stage", "switch", 1, 60)
	switch_figure("context switch, stage-other", "stage-other", "switch", 1, 60)
	switch_figure("context switch, layer", "layer", "switch", 1, 60)
	switch_figure("context switch + wakeup, stage", "stage", "wakeup", 2, 0)
}

END {
	if (figures)
		print_figures()
	else
		print_table()
}
