// Loaded before Jest and each of its workers: a test that leaves so many listeners behind that Node
// warns of them fails, as what a service leaves at each request or connection fills its memory.
process.on('warning', (warning) => {
  if (warning.name === 'MaxListenersExceededWarning') throw warning;
});
