// Goes on with work that does not fit into one request. Without this file its button is pressed.
'use strict';

document.querySelector('form[data-lanjut]')?.requestSubmit();
