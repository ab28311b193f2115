# SPDX-License-Identifier: GPL-2.0-only
# Draws the fastest device's rows of reads.md as bars, an SVG.
#
#	awk -f tests/experiments/chart.awk results/experiments/reads.md >results/experiments/reads.svg

BEGIN {
	FS = " *[|] *"
	bar = 22; gap = 26; left = 70; top = 50; height = 240
	split("#9aa5b1 #3b82c4 #1f4e79", colour, " ")
	split("vanilla,async,async with polling", name, ",")
}

$2 == "optane" {
	size[++n] = $3
	value[n, 1] = $4; value[n, 2] = $5; value[n, 3] = $7
	for (i = 1; i <= 3; i++)
		if (value[n, i] > most)
			most = value[n, i]
}

function text(x, y, anchor, s)
{
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, s
}

END {
	if (!n) {
		print "chart.awk: no row of optane's" >"/dev/stderr"
		exit 1
	}
	width = left + n * (3 * bar + gap) + 20
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" " \
		"font-family=\"sans-serif\" font-size=\"12\">\n", width, top + height + 40
	printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	text(left, 18, "start", "Random reads on a modelled Optane: instructions each, by size")
	for (i = 1; i <= 3; i++) {
		printf "<rect x=\"%d\" y=\"28\" width=\"12\" height=\"12\" fill=\"%s\"/>\n",
			left + (i - 1) * 130, colour[i]
		text(left + (i - 1) * 130 + 17, 39, "start", name[i])
	}
	step = 10000
	while (most / step > 6)
		step *= 2
	for (v = 0; v <= most; v += step) {
		y = top + height - v / most * height
		printf "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"#ddd\"/>\n", left,
			width - 10, y, y
		text(left - 6, y + 4, "end", v)
	}
	for (k = 1; k <= n; k++) {
		x = left + 12 + (k - 1) * (3 * bar + gap)
		for (i = 1; i <= 3; i++) {
			h = value[k, i] / most * height
			printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
				x + (i - 1) * bar, top + height - h, bar - 2, h, colour[i]
		}
		text(x + 1.5 * bar, top + height + 18, "middle", size[k] " KiB")
	}
	print "</svg>"
}
