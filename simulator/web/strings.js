// What a phone itself says, in the language of its owner.
const EN = {
  start: "START", restart: "UNBLOCK", bot: "bot", typing: "is typing", sending: "is sending a file", write: "Message",
  send: "Send", menu: "Menu", attach: "Attach", keyboard: "Show the keys", more: "More", edited: "edited",
  what: "What can this bot do?", empty: "No messages here yet.", code: "I have an invitation code", codeField: "Code",
  block: "Stop and block the bot", unblock: "Unblock", clear: "Delete the chat", again: "Start with a code…",
  close: "Close this phone", photo: "Photo", place: "Location", contact: "My phone number", file: "File",
  quiz: "Quiz", poll: "Poll", closed: "Final results", votes: "answers", download: "Download", ok: "OK",
  today: "Today", change: "Change", down: "To the newest message", placeSent: "Location", correct: "right", wrong: "wrong",
  cancel: "Cancel", changeTitle: "Change the message",
};
const IT = {
  start: "AVVIA", restart: "SBLOCCA", bot: "bot", typing: "sta scrivendo", sending: "sta inviando un file", write: "Messaggio",
  send: "Invia", menu: "Menu", attach: "Allega", keyboard: "Mostra i tasti", more: "Altro", edited: "modificato",
  what: "Che cosa può fare questo bot?", empty: "Ancora nessun messaggio.", code: "Ho un codice d'invito", codeField: "Codice",
  block: "Ferma e blocca il bot", unblock: "Sblocca", clear: "Elimina la chat", again: "Avvia con un codice…",
  close: "Chiudi questo telefono", photo: "Foto", place: "Posizione", contact: "Il mio numero", file: "File",
  quiz: "Quiz", poll: "Sondaggio", closed: "Risultati finali", votes: "risposte", download: "Scarica", ok: "OK",
  today: "Oggi", change: "Modifica", down: "Al messaggio più recente", placeSent: "Posizione", correct: "giusto", wrong: "sbagliato",
  cancel: "Annulla", changeTitle: "Modifica il messaggio",
};
const DE = {
  start: "STARTEN", restart: "FREIGEBEN", bot: "Bot", typing: "schreibt", sending: "sendet eine Datei", write: "Nachricht",
  send: "Senden", menu: "Menü", attach: "Anhängen", keyboard: "Tasten zeigen", more: "Mehr", edited: "bearbeitet",
  what: "Was kann dieser Bot?", empty: "Noch keine Nachrichten.", code: "Ich habe einen Einladungscode", codeField: "Code",
  block: "Bot anhalten und blockieren", unblock: "Freigeben", clear: "Chat löschen", again: "Mit einem Code starten …",
  close: "Dieses Telefon schließen", photo: "Foto", place: "Standort", contact: "Meine Nummer", file: "Datei",
  quiz: "Quiz", poll: "Umfrage", closed: "Endergebnis", votes: "Antworten", download: "Herunterladen", ok: "OK",
  today: "Heute", change: "Bearbeiten", down: "Zur neuesten Nachricht", placeSent: "Standort", correct: "richtig", wrong: "falsch",
  cancel: "Abbrechen", changeTitle: "Nachricht bearbeiten",
};
const ES = {
  start: "INICIAR", restart: "DESBLOQUEAR", bot: "bot", typing: "está escribiendo", sending: "está enviando un archivo", write: "Mensaje",
  send: "Enviar", menu: "Menú", attach: "Adjuntar", keyboard: "Mostrar las teclas", more: "Más", edited: "editado",
  what: "¿Qué puede hacer este bot?", empty: "Todavía no hay mensajes.", code: "Tengo un código de invitación", codeField: "Código",
  block: "Detener y bloquear el bot", unblock: "Desbloquear", clear: "Eliminar el chat", again: "Iniciar con un código…",
  close: "Cerrar este teléfono", photo: "Foto", place: "Ubicación", contact: "Mi número", file: "Archivo",
  quiz: "Cuestionario", poll: "Encuesta", closed: "Resultado final", votes: "respuestas", download: "Descargar", ok: "Aceptar",
  today: "Hoy", change: "Editar", down: "Al mensaje más reciente", placeSent: "Ubicación", correct: "correcto", wrong: "incorrecto",
  cancel: "Cancelar", changeTitle: "Editar el mensaje",
};
const ALL = { en: EN, it: IT, de: DE, es: ES };

export const LANGUAGES = { en: "English", it: "Italiano", de: "Deutsch", es: "Español" };

/** The strings for a person; English for a language we do not have. */
export const stringsFor = (person) => ALL[person.language_code] || EN;
