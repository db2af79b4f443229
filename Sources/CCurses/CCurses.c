#define NCURSES_WIDECHAR 1
#define _XOPEN_SOURCE_EXTENDED 1
#include "CCurses.h"
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static SCREEN *screen;

// Colour pairs are made as they are met: themes have a dozen of them.
#define LARGEST_PAIR 255
static short pairs[LARGEST_PAIR + 1][2];
static int pair_count;

static int pair_of(int foreground, int background) {
    for (int pair = 1; pair <= pair_count; pair++)
        if (pairs[pair][0] == foreground && pairs[pair][1] == background) return pair;
    if (pair_count >= LARGEST_PAIR || pair_count + 1 >= COLOR_PAIRS) return 0;
    pair_count++;
    pairs[pair_count][0] = (short)foreground;
    pairs[pair_count][1] = (short)background;
    init_pair((short)pair_count, (short)foreground, (short)background);
    return pair_count;
}

int paillasse_curses_begin(void) {
    setlocale(LC_CTYPE, "");
    // A bare environment has no locale, and the texts are UTF-8 all the same.
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
    // Input is decoded by the pure room; ncurses must not wait for the rest of an escape either.
    screen = newterm(NULL, stdout, stdin);
    if (!screen) return -1;
    // A terminal that cannot place a cursor would show nothing at all.
    if (!tigetstr("cup")) {
        paillasse_curses_end();
        return -1;
    }
    raw();
    noecho();
    nonl();
    // Keys typed before the screen was there were meant for nothing that is on it.
    flushinp();
    leaveok(stdscr, FALSE);
    pair_count = 0;
    if (!has_colors()) return 0;
    start_color();
    use_default_colors();
    return COLORS;
}

void paillasse_curses_end(void) {
    if (!screen) return;
    endwin();
    delscreen(screen);
    screen = NULL;
}

void paillasse_curses_put(
    int row, int column, const char *text, int foreground, int background, int bold, int reverse, int underline) {
    wchar_t wide[1024];
    size_t count = mbstowcs(wide, text, 1023);
    if (count == (size_t)-1) return;
    wide[count] = 0;
    attr_t attributes = A_NORMAL;
    if (bold) attributes |= A_BOLD;
    if (reverse) attributes |= A_REVERSE;
    if (underline) attributes |= A_UNDERLINE;
    int pair = foreground < 0 && background < 0 ? 0 : pair_of(foreground, background);
    attr_set(attributes, (short)pair, NULL);
    // The last cell of the terminal cannot be passed: ncurses says ERR, and has written it.
    mvaddnwstr(row, column, wide, (int)count);
}

void paillasse_curses_show(int row, int column) {
    if (row >= 0) {
        curs_set(1);
        move(row, column);
    } else {
        curs_set(0);
    }
    refresh();
}

void paillasse_curses_resize(int rows, int columns) {
    resizeterm(rows, columns);
    clearok(curscr, TRUE);
}

void paillasse_curses_redraw(void) { clearok(curscr, TRUE); }

void paillasse_curses_bell(void) { beep(); }
