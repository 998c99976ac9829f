#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One page of HTML with plots (gnuplot: SVG and PNG) from what `flagstop bench --json` and macro.py wrote."""
import argparse
import html
import json
import os
import shutil
import subprocess

import figures

LATENCY = ['kernel-errno', 'trap', 'notify-reply', 'ret-trace', 'flagstop-allow', 'flagstop-deny', 'strace-seccomp-bpf',
           'gdb-catch']
CROWD = ['ret-trace', 'flagstop-allow']
STYLE = '''body { font: 15px/1.5 sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 }
td, th { padding: .15em .7em; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left } tr.ours td { background: #eef6ee } img { max-width: 100% }'''


# ---- plots -----------------------------------------------------------------------------------------------------------

def write_data(path, blocks):
    """gnuplot's way: blocks of lines, two empty lines between them."""
    with open(path, 'w', encoding='utf-8') as file:
        for block in blocks:
            file.writelines(' '.join(str(value) for value in line) + '\n' for line in block)
            file.write('\n\n')


def plot(folder, name, commands):
    for terminal, ending in (('svg', 'svg'), ('pngcairo', 'png')):
        script = 'set terminal %s size 900,500\nset output "%s.%s"\nset grid\nset key outside below\n%s\n' % (
            terminal, name, ending, commands)
        subprocess.run(['gnuplot'], input=script.encode(), cwd=folder, check=True)


def plain(text):
    return text.replace('_', '\\\\_')  # gnuplot's sign for an index


def plot_latency(folder, rows):
    chosen = [row for name in LATENCY for row in rows
              if row['name'] == name and row['where'] == 'same' and row['tracees'] == 1]
    write_data(folder + '/latency.dat', [[(ns, percent) for percent, ns in enumerate(row['percentiles_ns'])]
                                         for row in chosen])
    lines = ', '.join('"latency.dat" index %d using 1:2 with lines lw 2 title "%s"' % (i, plain(row['title']))
                      for i, row in enumerate(chosen))
    plot(folder, 'latency', 'set title "One call, tracer and tracee on one CPU"\nset logscale x\nset xlabel "ns"\n'
         'set ylabel "% of calls that took at most that"\nset yrange [0:100]\nplot ' + lines)


def plot_crowd(folder, rows):
    blocks = [[(row['tracees'], row['p50_ns']) for row in rows if row['name'] == name and row['where'] == 'same']
              for name in CROWD]
    write_data(folder + '/tracees.dat', [sorted(block) for block in blocks])
    lines = ', '.join('"tracees.dat" index %d with linespoints lw 2 title "%s"' % (i, plain(name))
                      for i, name in enumerate(CROWD))
    plot(folder, 'tracees', 'set title "A flagged call beside tracees that sleep"\n'
         'set logscale x\nset xlabel "tracees"\n'
         'set ylabel "ns, p50"\nset yrange [0:*]\nplot ' + lines)


def plot_macro(folder, macro):
    workloads = list(dict.fromkeys(row['workload'] for row in macro))
    variants = [name for name in dict.fromkeys(row['variant'] for row in macro) if name != 'native']
    table = {(row['workload'], row['variant']): row['vs_native'] for row in macro}
    write_data(folder + '/macro.dat', [[('workload', *variants)] + [
        (workload, *(table.get((workload, variant), '?') for variant in variants)) for workload in workloads]])
    plot(folder, 'macro', 'set title "Whole programs, wall-clock time"\n'
         'set style data histograms\nset style fill solid\n'
         'set ylabel "× native"\nset logscale y\nset yrange [0.5:*]\nset xtics rotate by -20\n'
         'plot for [i=2:%d] "macro.dat" using i:xtic(1) title columnheader(i)' % (len(variants) + 1))


# ---- the page --------------------------------------------------------------------------------------------------------

def cell(value):
    if value is None:
        return ''
    if isinstance(value, float):
        return '%.2f' % value if value < 100 else '%.0f' % value
    return html.escape(str(value))


def table(header, lines):
    text = '<table><tr>%s</tr>' % ''.join('<th>%s</th>' % html.escape(name) for name in header)
    for ours, line in lines:
        cells = ''.join('<td>%s</td>' % cell(each) for each in line)
        text += '<tr%s>%s</tr>' % (' class="ours"' if ours else '', cells)
    return text + '</table>'


def columns(titles, rows, name):
    """A table of these columns, as (title, key)."""
    return table([title for title, _ in titles],
                 [('flagstop' in row[name], [row.get(key) for _, key in titles]) for row in rows])


def write_page(folder, bench, macro, plots):
    machine = bench['machine']
    rows = columns([('way', 'title'), ('where', 'where'), ('tracees', 'tracees'), ('p50 ns', 'p50_ns'),
                    ('p90', 'p90_ns'), ('p99', 'p99_ns'), ('min', 'min_ns'),
                    ('× native', 'vs_native'), ('× kernel', 'vs_kernel'),
                    ('× least', 'vs_reference')], bench['rows'], 'name')
    programs = columns([('workload', 'workload'), ('variant', 'variant'), ('wall s', 'wall_s'), ('CPU s', 'cpu_s'),
                        ('× native', 'vs_native'), ('calls', 'calls'), ('flagged', 'calls_flagged'),
                        ('flagged/s', 'flagged_per_s'), ('flagged share', 'flagged_share')], macro, 'variant')
    aims = table(figures.HEADER, [(False, line) for line in figures.lines(figures.Run(bench, macro))])
    account = table(['way', 'enters the kernel', 'switches, tracer', 'tracee', 'ns, tracer', 'tracee', 'for what'], [
        ('flagstop' in row['name'], [row['title'], row['system_calls'], row['tracer_switches'], row['worker_switches'],
                                     row['tracer_ns'], row['worker_ns'], ', '.join(
                                         '%s %.3g' % pair for pair in row['calls'].items()
                                         if pair[1] >= figures.ENTERS_LEAST)]) for row in bench.get('account', [])])
    about = table(['machine', ''], [(False, [name, json.dumps(value) if isinstance(value, (dict, list)) else value])
                                    for name, value in machine.items()])
    images = ''.join('<p><img src="%s.svg" alt="%s"></p>' % (name, name) for name in plots)
    with open(folder + '/index.html', 'w', encoding='utf-8') as file:
        file.write('<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>flagstop bench</title>\n')
        file.write('<style>%s</style><h1>What stopping a call costs</h1>\n' % STYLE)
        file.write('<p>flagstop %s, %s. "Least" is the hand-written loop or filter that does as much in the '
                   'same place; ratios are medians of those within a round.</p>\n' % (
                       html.escape(machine['flagstop']), html.escape(machine['date'])))
        file.write('%s<h2>Figures</h2>%s<h2>Calls</h2>%s<h2>Of each call, counted</h2>%s'
                   '<h2>Programs</h2>%s<h2>Machine</h2>%s</html>\n' % (
            images, aims, rows, account, programs, about))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('bench', help='the JSON of `flagstop bench`')
    parser.add_argument('macro', nargs='?', help='the JSON of macro.py')
    parser.add_argument('--output', default='build/report', help='a folder')
    options = parser.parse_args()
    bench, macro = figures.read(options.bench, options.macro)
    os.makedirs(options.output, exist_ok=True)
    plots = []
    if shutil.which('gnuplot'):
        plot_latency(options.output, bench['rows'])
        plot_crowd(options.output, bench['rows'])
        plots += ['latency', 'tracees']
        if macro:
            plot_macro(options.output, macro)
            plots.append('macro')
    else:
        print('no gnuplot: a report without plots')
    write_page(options.output, bench, macro, plots)
    print(options.output + '/index.html')


if __name__ == '__main__':
    main()
